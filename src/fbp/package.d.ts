/** Types for the parts of the package `fbp` that we use; it ships without types. */
declare module 'fbp' {
  export interface Options {
    readonly caseSensitive?: boolean;
    readonly validateContents?: boolean;
    readonly validateSchema?: boolean;
  }
  const fbp: {
    /** Throws a SyntaxError with a `location`, or a RangeError if the text is nested too deeply. */
    parse(text: string, options?: Options): unknown;
  };
  export default fbp;
}
