const KEY = 'flowchat:editor:secret';

/** The secret of this session: kept as long as the window, and nowhere else. */
export const secret = {
  get: (): string => sessionStorage.getItem(KEY) ?? '',
  set: (value: string): void => sessionStorage.setItem(KEY, value),
  clear: (): void => sessionStorage.removeItem(KEY),
};
