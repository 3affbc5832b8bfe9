/**
 * Packs one project that is built, such as `libs/client`, into a folder that exists.
 * @returns the tarball's path. Throws for a project that is private, or that needs one that is.
 */
export function packProject(project: string, outFolder: string): Promise<string>;
/** Every project that others may install. */
export function publishable(): Promise<string[]>;
