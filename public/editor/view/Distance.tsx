import { useStore } from '@xyflow/react';
import { useEffect } from 'react';

/** Smaller than this nobody can read ports, so that they need not be painted. */
const FAR = 0.3;

/** Tells the styles when the picture is so far away that only the names of nodes can be read. */
export function Distance() {
  const far = useStore(({ transform: [, , zoom] }) => zoom < FAR);
  useEffect(() => {
    document.querySelector('.canvas')?.toggleAttribute('data-far', far);
  }, [far]);
  return null;
}
