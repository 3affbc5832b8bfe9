/** Builds what changed since the last build; `only`: folders of projects, such as `libs/kernel`. */
export function build(only?: string[]): Promise<{ compiled: number; bundled: number }>;
