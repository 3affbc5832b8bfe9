export interface Shelf {
  name: string;
  folder: 'libs' | 'apps' | '.';
  /** Each project with those of the same shelf that it may import. */
  projects: Record<string, string[]>;
  /** Projects of it that import nothing of ours. */
  alone?: string[];
}
export const shelves: Shelf[];

export interface Project {
  name: string;
  shelf: string;
  root: string;
  /** Shelves of which it may import everything. */
  below: string[];
  /** Projects of its own shelf that it may import. */
  beside: string[];
}
export const projects: Project[];
