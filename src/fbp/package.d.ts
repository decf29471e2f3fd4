/** The package `fbp` ships without types; these are for the part that we call. */
declare module 'fbp' {
  export interface Options {
    readonly caseSensitive?: boolean;
    readonly validateContents?: boolean;
    readonly validateSchema?: boolean;
  }
  const fbp: {
    /** Throws a SyntaxError with a `location`, or a RangeError where the text nests too deeply. */
    parse(text: string, options?: Options): unknown;
  };
  export default fbp;
}
