const STATELESS = /^(src\/((model|fbp|check|gate)\/|(memoize|store\/url)\.ts$)|public\/\w+\/model\/)/;

/**
 * Whether a module of ours, by its path from the project's folder, is loaded once for all specs: it has no state, and
 * imports none of ours that may have.
 */
export const isStateless = (path: string): boolean => STATELESS.test(path);
