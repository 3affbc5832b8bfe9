/** The text of each file of `libs/client/src/generated`, by name. */
export function clientSources(document: object): Promise<Map<string, string>>;
