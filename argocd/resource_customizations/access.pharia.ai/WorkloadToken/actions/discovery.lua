local suspended = obj.spec.suspended == true
local begun = obj.status ~= nil and obj.status.current ~= nil
return {
  rotate = {disabled = suspended or not begun, displayName = "Make the next token now", iconClass = "fa fa-fw fa-sync"},
  suspend = {disabled = suspended, displayName = "Make no more tokens", iconClass = "fa fa-fw fa-pause"},
  resume = {disabled = not suspended, displayName = "Make tokens again", iconClass = "fa fa-fw fa-play"},
}
