local suspended = obj.spec.suspended == true
return {
  suspend = {disabled = suspended, displayName = "Suspend all tokens", iconClass = "fa fa-fw fa-pause"},
  resume = {disabled = not suspended, displayName = "Resume all tokens", iconClass = "fa fa-fw fa-play"},
}
