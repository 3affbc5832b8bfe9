/**
 * Leaves out rows of tenants that were deleted or are suspended; those are few, and what is theirs waits until they are
 * taken back, go on, or are erased.
 */
export const ofLivingTenant = `tenant_id <> all(array(select id from tenants where at_rest))`;
