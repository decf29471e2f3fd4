const KEY = 'flowchat:editor:secret';

/** The secret of this session: kept as long as the window, and nowhere else. */
export const secret = {
  get: (): string => sessionStorage.getItem(KEY) ?? '',
  set: (value: string): void => sessionStorage.setItem(KEY, value),
  clear: (): void => sessionStorage.removeItem(KEY),
};

/** Takes `#secret=…` out of the address, before anybody can see or copy it. */
export function takeSecret(): void {
  const given = new URLSearchParams(location.hash.slice(1)).get('secret');
  if (given === null) return;
  history.replaceState(null, '', location.pathname + location.search);
  if (given) secret.set(given);
}
