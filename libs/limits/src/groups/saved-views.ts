/** Filters of lists that a tenant keeps under names. */
export const viewLimits = {
  /** Views that one list of a tenant may have. */
  perList: 50,
  /** Filters of one view. */
  filters: 20,
  /** Characters of a view's name. */
  nameChars: 60,
  /** Characters of one filter. */
  filterChars: 500,
} as const;
