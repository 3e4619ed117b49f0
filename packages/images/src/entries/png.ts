/** PNG files without sharp: for grids, reports and the images of a run. Also available alone, as `@ae/images/png`. */
export { encodePng } from '../codecs/png';
export { drawGrid, type GridOptions, toRgbImage } from '../pixels/grid';
export type { PlanarImage, RgbImage } from '../pixels/pixels';
