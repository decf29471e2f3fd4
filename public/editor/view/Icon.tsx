import { glyphs, plain, signs } from './signs.ts';

/** A drawn sign beside a text or a label that says the same. */
export function Icon({ name }: { name: keyof typeof signs }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={signs[name]} />
    </svg>
  );
}

/** The icon that a component gives itself, a subgraph's, or a plain one. */
export function Glyph({ name, subgraph = false }: { name: string; subgraph?: boolean }) {
  const known = Object.hasOwn(glyphs, name) ? glyphs[name] : undefined;
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={known ?? (subgraph ? glyphs.sitemap : plain)} />
    </svg>
  );
}
