/** A request's URL without BASE_PATH, as far as the proxy has left it there. */
export function below(basePath: string, given = '/'): string {
  // A request to a proxy names scheme and host as well; a server has to take it.
  const url = given.replace(/^https?:\/\/[^/?]*/i, '');
  const rest = url.startsWith(basePath) ? url.slice(basePath.length) : url;
  if (rest[0] === '/') return rest;
  if (rest === '' || rest[0] === '?') return `/${rest}`;
  return url.startsWith('/') ? url : `/${url}`;
}

/** A URL without its query. */
export const pathOf = (url = '/'): string => url.split('?', 1)[0]!;
