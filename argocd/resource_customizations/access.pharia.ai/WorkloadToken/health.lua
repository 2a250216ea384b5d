-- As kstatus reads the conditions, but for one that is suspended on purpose: it is Suspended, whatever becomes of its token.
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
if obj.spec.suspended == true then
  return {status = "Suspended", message = ready.message}
end
if ready.status == "True" then
  return {status = "Healthy", message = ready.message}
end
health.message = ready.reason .. ": " .. ready.message
return health
