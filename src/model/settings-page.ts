import type { PortSpec } from './component-spec.ts';
import type { GraphMetadata } from './graph.ts';

/** The key of a node's metadata that lists its settings on the settings page. */
const ON_PAGE = 'settings';

type Declared = Pick<PortSpec, 'name' | 'addressable' | 'everyday'>;

/** The settings of a node on the settings page: those in its metadata, or else the everyday ones. */
export function settingsOnPage<Port extends Declared>(
  metadata: GraphMetadata,
  settings: readonly Port[],
): readonly Port[] {
  const { [ON_PAGE]: named } = metadata;
  const single = settings.filter(({ addressable }) => !addressable);
  return single.filter(({ name, everyday }) => (Array.isArray(named) ? named.includes(name) : everyday === true));
}

/** Metadata that puts exactly these settings of a node on the page. */
export const putOnPage = (names: readonly string[]): GraphMetadata => ({ [ON_PAGE]: names });
