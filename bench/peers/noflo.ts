import { Network } from '../../src/runtime/network.ts';

// flowchat, where each packet takes NoFlo's own path through a node.
const { start } = Network;
Network.start = deps => start({ ...deps, isShort: false });
await import('./flowchat.ts');
