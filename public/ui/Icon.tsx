const paths = {
  menu: 'M4 7h16M4 12h16M4 17h10',
  close: 'M6 6l12 12M18 6L6 18',
  send: 'M5 12h13M12.5 6l6 6-6 6',
  down: 'M12 5v13M6 12.5l6 6 6-6',
  up: 'M12 19V6M6 11.5l6-6 6 6',
  help: 'M9.2 9.2a2.9 2.9 0 1 1 4.2 2.6c-.9.5-1.4 1-1.4 2M12 17.2v.1',
  light:
    'M12 8.2a3.8 3.8 0 1 0 0 7.6 3.8 3.8 0 0 0 0-7.6M12 3v1.6M12 19.4V21M3 12h1.6M19.4 12H21M5.6 5.6l1.2 1.2M17.2 17.2l1.2 1.2M18.4 5.6l-1.2 1.2M6.8 17.2l-1.2 1.2',
  dark: 'M19.5 14.2A7.8 7.8 0 0 1 9.8 4.5a7.8 7.8 0 1 0 9.7 9.7',
  system: 'M4 5.5h16v10.5H4zM9 20h6M12 16v4',
  find: 'M10.8 5a5.8 5.8 0 1 0 0 11.6 5.8 5.8 0 0 0 0-11.6M15.2 15.2L19.5 19.5',
  alert: 'M12 7.5v5.2M12 16.2v.1M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17',
  link: 'M10 13.8a3.6 3.6 0 0 0 5.2.1l2.9-2.9a3.7 3.7 0 0 0-5.2-5.2l-1.2 1.2M14 10.2a3.6 3.6 0 0 0-5.2-.1L5.9 13a3.7 3.7 0 0 0 5.2 5.2l1.2-1.2',
  way: 'M6.5 4.2a2.3 2.3 0 1 0 0 4.6 2.3 2.3 0 0 0 0-4.6M17.5 15.2a2.3 2.3 0 1 0 0 4.6 2.3 2.3 0 0 0 0-4.6M8.8 6.5h5.4a2.8 2.8 0 0 1 0 5.5H9.8a2.8 2.8 0 0 0 0 5.5h5.4',
  done: 'M5.5 12.5l4.2 4.2L18.5 7.5',
  plus: 'M12 5.5v13M5.5 12h13',
  back: 'M14.5 6l-6 6 6 6',
  more: 'M6 12h.1M12 12h.1M18 12h.1',
};

type IconName = keyof typeof paths;

/** A decorative icon; a text or label beside it says the same. */
export function ChatIcon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}

/** The logo: two packets that become one answer. Same drawing as icon.svg. */
export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="9" />
      <path d="M11.6 11.5H14c4 0 3.5 4.5 8.6 4.5M11.6 20.5H14c4 0 3.5-4.5 6-4.5" />
      <circle cx="9" cy="11.5" r="2.6" />
      <circle cx="9" cy="20.5" r="2.6" />
      <circle cx="22.6" cy="16" r="2.6" />
    </svg>
  );
}
