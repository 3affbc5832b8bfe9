export declare const chartFolder: string;
export declare function renderChart(values?: object, release?: string): Map<string, string>;
export declare function objectsOf(rendered: Map<string, string>): Record<string, unknown>[];
