-- As kstatus reads the conditions: a token that was revoked or has expired on purpose is Ready, and so Healthy.
-- An object that is being deleted never comes here: Argo CD itself says Progressing.
local health = {status = "Progressing", message = "Waiting for the operator to look at it"}

local status = obj.status
if status == nil or status.observedGeneration ~= obj.metadata.generation then
  return health
end

local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end

local ready, stalled = conditions.Ready, conditions.Stalled
if stalled ~= nil and stalled.status == "True" then
  return {status = "Degraded", message = stalled.reason .. ": " .. stalled.message}
end
if ready == nil then
  return health
end
if ready.status == "True" then
  return {status = "Healthy", message = ready.message}
end
health.message = ready.reason .. ": " .. ready.message
return health
