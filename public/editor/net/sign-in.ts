const KEY = 'flowchat:editor:secret';

/** The secret of this session: kept as long as the window, and nowhere else. */
export const secret = {
  get: (): string => sessionStorage.getItem(KEY) ?? '',
  set: (value: string): void => sessionStorage.setItem(KEY, value),
  clear: (): void => sessionStorage.removeItem(KEY),
};

/** Takes `#secret=…` and `#message=…` out of the address, before anybody can see or copy it. Returns the message's id. */
export function takeAddress(): string | undefined {
  const given = new URLSearchParams(location.hash.slice(1));
  const [shown, message] = [given.get('secret'), given.get('message')];
  if (shown === null && message === null) return;
  history.replaceState(null, '', location.pathname + location.search);
  if (shown) secret.set(shown);
  return message || undefined;
}
