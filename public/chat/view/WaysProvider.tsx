import { type ReactNode, useSyncExternalStore } from 'react';
import type { Ways } from '../net/ways.ts';
import { WaysContext } from './useWays.ts';

/** Tells the components below what shows the way of a message, while it can be shown. */
export function WaysProvider({ ways, children }: { ways: Ways; children: ReactNode }) {
  const open = useSyncExternalStore(ways.cell.subscribe, ways.cell.get);
  return <WaysContext value={open ? ways.show : undefined}>{children}</WaysContext>;
}
