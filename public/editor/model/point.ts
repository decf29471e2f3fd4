/** A place on the canvas, in its own pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}
