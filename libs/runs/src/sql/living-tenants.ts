/**
 * Leaves out rows of tenants that were deleted; those are few, and what is theirs waits until they are taken back or
 * erased.
 */
export const ofLivingTenant = `tenant_id <> all(array(select id from tenants where erase_after is not null))`;
