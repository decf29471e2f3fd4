import Sequencer from '@jest/test-sequencer';

/** The projects, the one with the longest specs first. */
const PROJECTS = ['slow', 'page', 'server', 'unit'];

const rank = ({ context }) => PROJECTS.indexOf(context.config.displayName.name);

/**
 * Runs the longest specs first, so that no core waits for one at the end. Jest knows how long each took the last time;
 * before the first time it goes by the sizes of their files, and this by their projects and then by the sizes.
 */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    if (sorted.some(({ duration }) => duration !== undefined)) return sorted;
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}
