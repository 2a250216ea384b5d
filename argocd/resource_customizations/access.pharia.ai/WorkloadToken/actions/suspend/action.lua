obj.spec.suspended = true
return obj
