/** The shapes of names that plugin authors choose, for manifests, host calls and the REST API alike. */

/** Name of a secret: 1 to 64 letters, digits and `_`, not beginning with a digit. */
export const secretNamePattern = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
/** A plugin's slug. */
export const slugPattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;
