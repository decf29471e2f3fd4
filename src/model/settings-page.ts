import type { PortSpec } from './component-spec.ts';
import type { GraphMetadata } from './graph.ts';

/** The key of a node's metadata under which the names of its settings on the settings page stand. */
const ON_PAGE = 'settings';

type Declared = Pick<PortSpec, 'name' | 'addressable' | 'everyday'>;

/** The settings of a node that are on the settings page: those that its metadata names, else the everyday ones. */
export function settingsOnPage<Port extends Declared>(
  metadata: GraphMetadata,
  settings: readonly Port[],
): readonly Port[] {
  const { [ON_PAGE]: named } = metadata;
  const single = settings.filter(({ addressable }) => !addressable);
  return single.filter(({ name, everyday }) => (Array.isArray(named) ? named.includes(name) : everyday === true));
}

/** Metadata by which these settings of a node are on the page, and no others. */
export const putOnPage = (names: readonly string[]): GraphMetadata => ({ [ON_PAGE]: names });
