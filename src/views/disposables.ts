/** Anything that can be disposed; VS Code's disposables are. */
export interface DisposableLike {
  dispose(): unknown;
}
