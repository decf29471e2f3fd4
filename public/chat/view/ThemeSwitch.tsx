import { useLayoutEffect, useState } from 'react';
import { nextTheme, type Theme } from '../model/theme.ts';
import { Icon } from './Icon.tsx';
import { useChat } from './useChat.ts';

const systemIsDark = matchMedia('(prefers-color-scheme: dark)');

/** Switches between the system's theme, light and dark, and keeps the choice. */
export function ThemeSwitch() {
  const { keep } = useChat();
  const [theme, setTheme] = useState(() => keep.read<Theme>('theme') ?? 'system');
  useLayoutEffect(() => {
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }, [theme]);
  const change = () => {
    const next = nextTheme(theme, systemIsDark.matches);
    setTheme(next);
    keep.write('theme', next);
  };
  const label = `Theme: ${theme}`;
  return (
    <button type="button" className="quiet" aria-label={label} title={label} onClick={change}>
      <Icon name={theme} />
    </button>
  );
}
