declare module '*?url' {
  /** Where the file is, relative to the page. */
  const url: string;
  export default url;
}
