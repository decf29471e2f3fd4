/** How far out of sight is far. */
const margin = '1500px 0px';

/**
 * Marks a part of the log as `data-far` while it is far out of sight, until the returned function is called. It is laid out
 * once before, so that the browser knows its height, and near the reader it is a plain block, so that nothing moves.
 */
export function farMarked(element: HTMLElement): () => void {
  const mark = (entries: IntersectionObserverEntry[]) =>
    element.toggleAttribute('data-far', !entries.at(-1)!.isIntersecting);
  const observer = new IntersectionObserver(mark, { root: element.closest('.scroller'), rootMargin: margin });
  observer.observe(element);
  return () => observer.disconnect();
}
