/** How the page looks: as the system does, or always light or dark. */
export type Theme = 'system' | 'light' | 'dark';

/** The theme after one more press of the switch: the first press always changes what one sees, the third undoes all. */
export function nextTheme(theme: Theme, systemIsDark: boolean): Theme {
  const [other, same] = systemIsDark ? (['light', 'dark'] as const) : (['dark', 'light'] as const);
  if (theme === 'system') return other;
  return theme === other ? same : 'system';
}
