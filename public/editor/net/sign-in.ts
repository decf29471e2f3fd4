const KEY = 'flowchat:editor:secret';

/** The secret, kept in this window's session storage only. */
export const secret = {
  get: (): string => sessionStorage.getItem(KEY) ?? '',
  set: (value: string): void => sessionStorage.setItem(KEY, value),
  clear: (): void => sessionStorage.removeItem(KEY),
};

/**
 * Removes `#secret=…` and `#message=…` from the address, so that nobody sees or copies them. Returns the message's id.
 */
export function takeAddress(): string | undefined {
  const given = new URLSearchParams(location.hash.slice(1));
  const [shown, message] = [given.get('secret'), given.get('message')];
  if (shown === null && message === null) return;
  history.replaceState(null, '', location.pathname + location.search);
  if (shown) secret.set(shown);
  return message || undefined;
}
