/**
 * Why a layer cannot be read by its table of contents: for the end of a sentence. It is no error of the image's: the layer is
 * then read whole, and that says what is wrong with it, if anything is.
 */
export class TocProblem extends Error {}

/** The table is not there, or is not the one that the manifest names: nobody can read the layer by it. */
export class UselessToc extends TocProblem {}
