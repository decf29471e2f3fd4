import { useLayoutEffect, useState } from 'react';
import { nextTheme, type Theme } from '../model/theme.ts';
import { Icon } from './Icon.tsx';
import { useChat } from './useChat.ts';

const systemIsDark = matchMedia('(prefers-color-scheme: dark)');

/** Gives the page a theme, and the browser's own bars above it. */
function paint(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[data-theme]')) {
    const own = meta.dataset.theme;
    meta.media = theme === 'system' ? `(prefers-color-scheme: ${own})` : theme === own ? 'all' : 'not all';
  }
}

/** Switches between the system's theme, light and dark, and keeps the choice. */
export function ThemeSwitch() {
  const chat = useChat();
  const [theme, setTheme] = useState(() => chat.keep.read<Theme>('theme') ?? 'system');
  useLayoutEffect(() => paint(theme), [theme]);
  const change = () => {
    const next = nextTheme(theme, systemIsDark.matches);
    setTheme(next);
    chat.choose('theme', next);
  };
  const label = `Theme: ${theme}`;
  return (
    <button type="button" className="quiet" aria-label={label} title={label} onClick={change}>
      <Icon name={theme} />
    </button>
  );
}
