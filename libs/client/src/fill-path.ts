/** Fills a path's parameters in. The rest of a path, which `path` is, keeps its slashes. */
export function fillPath(route: string, values: Record<string, unknown>): string {
  return route.replace(/\{(\w+)\}/g, (_, name: string) => {
    const text = String(values[name] ?? '');
    return name === 'path' ? text.split('/').map(encodeURIComponent).join('/') : encodeURIComponent(text);
  });
}
