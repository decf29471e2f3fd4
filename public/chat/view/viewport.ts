/** Keeps the page above an on-screen keyboard, in browsers that lay it over the page. */
export function followViewport(): void {
  const viewport = window.visualViewport;
  viewport?.addEventListener('resize', () => {
    const covered = viewport.scale === 1 && innerHeight - viewport.height > 1;
    const { style } = document.documentElement;
    if (!covered) return style.removeProperty('--height');
    style.setProperty('--height', `${viewport.height}px`);
    scrollTo(0, 0);
  });
}
