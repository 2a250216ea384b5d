return {
  revoke = {disabled = obj.spec.revoked == true, displayName = "Revoke for good", iconClass = "fa fa-fw fa-ban"},
}
