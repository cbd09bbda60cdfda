/**
 * Why a layer cannot be read by its table of contents: for the end of a sentence. It is no error of the image's: the layer is
 * then read whole, and that says what is wrong with it, if anything is.
 */
export class TocProblem extends Error {}
