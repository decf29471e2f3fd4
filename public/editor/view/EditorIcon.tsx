/** Icon paths by name, on a grid of 24 by 24. */
export const signs = {
  close: 'M6 6l12 12M18 6L6 18',
  undo: 'M9 14L4.5 9.5 9 5M5 9.5h8.5a5.5 5.5 0 0 1 0 11H10',
  redo: 'M15 14l4.5-4.5L15 5M19 9.5h-8.5a5.5 5.5 0 0 0 0 11H14',
  find: 'M10.8 5a5.8 5.8 0 1 0 0 11.6 5.8 5.8 0 0 0 0-11.6M15.2 15.2L19.5 19.5',
  plus: 'M12 5.5v13M5.5 12h13',
  trash: 'M5 7h14M10 7V4.8h4V7M7 7l.8 12h8.4L17 7M10.3 10.5v5.5M13.7 10.5v5.5',
  copy: 'M9 9h10v10H9zM15 9V5H5v10h4',
  pause: 'M9 6v12M15 6v12',
  play: 'M8 5.5l10 6.5-10 6.5z',
  fit: 'M4.5 9V4.5H9M15 4.5h4.5V9M19.5 15v4.5H15M9 19.5H4.5V15',
  save: 'M5 5h11l3 3v11H5zM8.5 5v4.5h6V5M8 19v-5.5h8V19',
  stop: 'M7 7h10v10H7z',
  library: 'M4.5 4.5h6v6h-6zM13.5 4.5h6v6h-6zM4.5 13.5h6v6h-6zM13.5 16.5h6M16.5 13.5v6',
  outline: 'M4.5 6.5h.01M8.5 6.5h11M4.5 12h.01M8.5 12h11M4.5 17.5h.01M8.5 17.5h11',
  messages: 'M5 12a2 2 0 1 0 0-.01M9 12h4c3 0 2-5 6-5M13 12c3 0 2 5 6 5',
  try: 'M9.5 4h5M10.5 4v6L5.5 18.2A1.6 1.6 0 0 0 6.9 20.5h10.2a1.6 1.6 0 0 0 1.4-2.3L13.5 10V4M8 15h8',
  tests: 'M5 6.5l1.5 1.5L9.5 5M5 13.5L6.5 15l3-3M12.5 7h7M12.5 14h7',
  revisions: 'M4.5 12a7.5 7.5 0 1 0 2.4-5.5L4.5 8.7M4.5 4.5v4.2h4.2M12 8v4.4l3 1.8',
  publish: 'M12 15.5V4.5M7.5 9L12 4.5 16.5 9M4.5 15.5v4h15v-4',
  settings: 'M4.5 7.5h8M17 7.5h2.5M14.7 5.2v4.6M4.5 16.5h2.5M11.5 16.5h8M9.3 14.2v4.6',
  code: 'M8.5 7.5L4 12l4.5 4.5M15.5 7.5L20 12l-4.5 4.5M13.3 5.5l-2.6 13',
  arrange: 'M4.5 9.5h5v5h-5zM14.5 4.5h5v5h-5zM14.5 14.5h5v5h-5zM9.5 12h2.5M12 7v10M12 7h2.5M12 17h2.5',
  heat: 'M12 20.5c3.6 0 6-2.4 6-5.6 0-4.4-4.2-5.6-4-11-3.4 1.6-4.6 4.6-4.2 7.2C8.6 10.6 8 9.6 8 8.3c-1.4 1.6-2 3.6-2 6.6 0 3.2 2.4 5.6 6 5.6z',
  lock: 'M6.5 11h11v8.5h-11zM8.7 11V8.3a3.3 3.3 0 0 1 6.6 0V11',
  back: 'M14.5 5.5L8 12l6.5 6.5',
  alert: 'M12 8.5v4.5M12 16.3v.1M12 4l8.7 15.5H3.3z',
  right: 'M5 12h13.5M13 6.5l5.5 5.5-5.5 5.5',
  outward: 'M4.5 6v12h7V6zM11.5 12h8M16 8.5l3.5 3.5-3.5 3.5',
  unfold: 'M13.5 5H19v5.5M19 5l-6 6M10.5 19H5v-5.5M5 19l6-6',
  fold: 'M19.5 10.5H14V5M13.5 11l6-6M4.5 13.5H10V19M10.5 13l-6 6',
  open: 'M14 4.5h5.5V10M19.5 4.5L12 12M10 5.5H5v13.5h13.5V14',
} as const;

/** Icons of components, by FontAwesome names. */
const glyphs: Readonly<Record<string, string>> = {
  check: 'M5 12.5l4.5 4.5L19 7.5',
  search: signs.find,
  tachometer: 'M4.5 17.5a8.5 8.5 0 1 1 15 0M12 15.5l4-5.5M12 15.5a.6.6 0 1 0 .1 0',
  bullhorn: 'M4.5 10v4h3L17 18.5v-13L7.5 10zM8 14l1.2 5h2.3l-1-4M19.5 10.5v3',
  reply: 'M9.5 6L4.5 11l5 5M5 11h8c4 0 6.5 2.5 6.5 7',
  list: signs.outline,
  'map-signs': 'M12 3.5v17M6 5.5h10.5L19 7.7 16.5 10H6zM18 12H7.5L5 14.2l2.5 2.3H18z',
  'code-fork':
    'M7 7.5v9M7 5a1.8 1.8 0 1 0 .01 0M7 16.5a1.8 1.8 0 1 0 .01 0M17 6.5a1.8 1.8 0 1 0 .01 0M17 10c0 4-10 2-10 6',
  eraser: 'M9 19.5h11M4.8 14.6l9.4-9.4 5.2 5.2-9.1 9.1H8.5l-3.7-3.7a.9.9 0 0 1 0-1.2zM9.5 9.9l5.2 5.2',
  pencil: 'M5 19l.8-3.8L16.5 4.5l3 3L8.8 18.2zM14.5 6.5l3 3',
  database:
    'M5 6.5c0-1.6 3.1-2.5 7-2.5s7 .9 7 2.5-3.1 2.5-7 2.5-7-.9-7-2.5M5 6.5v11c0 1.6 3.1 2.5 7 2.5s7-.9 7-2.5v-11M5 12c0 1.6 3.1 2.5 7 2.5s7-.9 7-2.5',
  bell: 'M6.5 16.5V11a5.5 5.5 0 0 1 11 0v5.5l1.5 1.5H5zM10.3 20.2h3.4M12 3.5v2',
  comments: 'M4.5 5.5h10v7.5H9l-3 2.7V13H4.5zM17 9h2.5v8H18v2.7L15 17h-4.5v-1.5',
  sitemap: 'M9.5 4h5v4.5h-5zM4 15.5h5V20H4zM15 15.5h5V20h-5zM12 8.5V12M6.5 15.5V12h11v3.5',
  'volume-up': 'M4.5 10v4H8l4.5 4V6L8 10zM15.5 9.5a3.5 3.5 0 0 1 0 5M17.8 7a7 7 0 0 1 0 10',
  'clock-o': 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 8v4.3l3 1.7',
  'arrow-right': signs.right,
  forward: 'M5 6.5l7 5.5-7 5.5zM12.5 6.5l7 5.5-7 5.5z',
  repeat: 'M5 11V9.5h12L14.5 7M19 13v1.5H7L9.5 17',
  filter: 'M4.5 5.5h15L14 12.5v6l-4-2v-4z',
  copy: signs.copy,
  gear: 'M12 9a3 3 0 1 0 .01 0M12 4v2.5M12 17.5V20M4 12h2.5M17.5 12H20M6.3 6.3l1.8 1.8M15.9 15.9l1.8 1.8M17.7 6.3l-1.8 1.8M8.1 15.9l-1.8 1.8',
  bug: 'M8 11a4 4 0 0 1 8 0v4a4 4 0 0 1-8 0zM4.5 13H8M16 13h3.5M5.5 8L8.3 9.8M18.5 8l-2.8 1.8M5.5 18.5l2.8-2M18.5 18.5l-2.8-2M12 11v8',
  user: 'M12 4.5a3.6 3.6 0 1 0 .01 0M5 19.5c.6-3.8 3.3-5.5 7-5.5s6.4 1.7 7 5.5',
  lock: signs.lock,
  globe: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M4 12h16M12 4c-4.5 5-4.5 11 0 16M12 4c4.5 5 4.5 11 0 16',
  code: signs.code,
  terminal: 'M4.5 5.5h15v13h-15zM7.5 9l3 3-3 3M12.5 15h4',
  'question-circle': 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M9.8 10a2.3 2.3 0 1 1 3.4 2.1c-.8.4-1.2.9-1.2 1.6M12 16.2v.1',
  'times-circle': 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M9 9l6 6M15 9l-6 6',
  'comment-o': 'M4.5 5.5h15V16H11l-4 3.5V16H4.5z',
  'commenting-o': 'M4.5 5.5h15V16H11l-4 3.5V16H4.5zM8.5 10.8h.1M12 10.8h.1M15.5 10.8h.1',
  random: 'M4.5 7.5h3.5l7 9h4.5M4.5 16.5h3.5l2-2.6M13 10.1l2-2.6h4.5M17 5l2.5 2.5L17 10M17 14l2.5 2.5L17 19',
  calendar: 'M5 6.5h14v13H5zM5 10.5h14M8.5 4.5v3.5M15.5 4.5v3.5',
  edit: 'M12.5 5.5h-7v13h13v-7M9.5 14.5l.5-2.5 7.5-7.5 2 2-7.5 7.5z',
  'cloud-download':
    'M8 17H6.8a3.8 3.8 0 0 1-.4-7.6 5.8 5.8 0 0 1 11.2 1.2A3.3 3.3 0 0 1 17 17h-1M12 11.5V20M9 17l3 3 3-3',
  shield: 'M12 3.8l7 2.7v5c0 4.3-2.8 7.2-7 8.7-4.2-1.5-7-4.4-7-8.7v-5zM9 11.8l2.2 2.2L15.2 10',
  send: 'M4.5 11.5l15-7-5.5 15-3-6.5zM11 13l8.5-8.5',
  archive: 'M4.5 5.5h15v4h-15zM6 9.5v9h12v-9M10 13h4',
  ban: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M6.5 6.5l11 11',
};

/** The icon for unknown names. */
const plain = 'M12 4l7 4v8l-7 4-7-4V8zM5 8l7 4 7-4M12 12v8';

/** A decorative icon; a text or label beside it has the same meaning. */
export function EditorIcon({ name }: { name: keyof typeof signs }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={signs[name]} />
    </svg>
  );
}

/** A component's icon: its own, a subgraph's, or a plain one. */
export function Glyph({ name, subgraph = false }: { name: string; subgraph?: boolean | undefined }) {
  const known = Object.hasOwn(glyphs, name) ? glyphs[name] : undefined;
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={known ?? (subgraph ? glyphs.sitemap : plain)} />
    </svg>
  );
}
