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
  invite: 'M10 5a3.2 3.2 0 1 0 0 6.4A3.2 3.2 0 0 0 10 5M4 19c.6-3.2 3-5 6-5s5.4 1.8 6 5M18.5 7.5v6M15.5 10.5h6',
  people:
    'M9 6a3 3 0 1 0 0 6 3 3 0 0 0 0-6M3.5 19c.5-3 2.7-4.6 5.5-4.6s5 1.6 5.5 4.6M15.5 6.3a2.8 2.8 0 0 1 0 5.4M17.3 14.8c1.8.6 2.9 2 3.2 4.2',
  key: 'M8.2 12a3.7 3.7 0 1 0 0 7.4 3.7 3.7 0 0 0 0-7.4M10.9 13.1l8.3-8.3M16.6 7.4l2.2 2.2M13.9 10.1l1.7 1.7',
  device: 'M8 3.5h8a1 1 0 0 1 1 1v15a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1v-15a1 1 0 0 1 1-1M11 17.5h2',
  out: 'M13.5 5H6.5v14h7M11 12h9M16.5 8.5L20 12l-3.5 3.5',
  more: 'M6 12h.1M12 12h.1M18 12h.1',
};

export type ChatIconName = keyof typeof paths;

/** A decorative icon; a text or label beside it has the same meaning. */
export function ChatIcon({ name }: { name: ChatIconName }) {
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
