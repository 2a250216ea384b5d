-- Asked twice while the Secret holds the same token, it is asked once.
obj.spec.rotate = "after " .. obj.status.current.name
return obj
