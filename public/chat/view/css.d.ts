import 'react';

declare module 'react' {
  interface CSSProperties {
    /** A colour's hue, in degrees. */
    '--hue'?: number;
  }
}
