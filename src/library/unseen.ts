import type { Library } from '../library.ts';
import type { Log } from '../log.ts';
import { BESIDE, COMPONENT, NAMESPACE } from './manifest.ts';
import type { Texts } from './texts.ts';

/** What lies in components/ and can't be placed, in a sentence each that says what to do. */
export function unseen(texts: Texts): readonly string[] {
  const first = new Map<string, string>();
  return texts.list('components').flatMap(file => {
    const path = `components/${file}`;
    if (BESIDE.test(file)) return [];
    if (texts.isFolder(path)) return [`${path}/ is not looked into; put its components into components/ itself`];
    const name = COMPONENT.exec(file)?.[1];
    if (!name)
      return [
        `${path} is no component; its name has letters, digits, _ and - and ends in .ts, .js, .mjs, .cjs or .coffee`,
      ];
    const before = first.get(name);
    first.set(name, path);
    return before ? [`${before} and ${path} are both ${NAMESPACE}/${name}; rename one of them`] : [];
  });
}

/** Says, once each, which files among the components can't be placed. */
export function unseenTeller(library: Library, log: Log): () => void {
  let told: readonly string[] = [];
  return () => {
    const { unseen } = library;
    for (const sentence of unseen) if (!told.includes(sentence)) log.warn(sentence);
    told = unseen;
  };
}
