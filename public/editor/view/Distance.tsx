import { useStore } from '@xyflow/react';
import { useEffect } from 'react';
import { READABLE } from '../model/sight.ts';

/** Smaller than this no port can be hit either, so that none need be painted. */
const FAR = 0.3;
/** How high names are at least, in pixels of the window. */
const NAME = 11;

/** Tells the styles when the picture is so far away that only the names of nodes are written, and how large these have to be. */
export function Distance() {
  // In steps, so that not each move of the wheel is a new style of all cards.
  const zoom = useStore(({ transform: [, , zoom] }) => (zoom < READABLE ? Math.floor(zoom * 50) / 50 : 1));
  useEffect(() => {
    const canvas = document.querySelector<HTMLElement>('.canvas');
    canvas?.toggleAttribute('data-far', zoom < FAR);
    canvas?.toggleAttribute('data-off', zoom >= FAR && zoom < READABLE);
    canvas?.style.setProperty('--name', `${Math.max(26, NAME / zoom)}px`);
  }, [zoom]);
  return null;
}
