// Bundled for pages only: the Buffer that Node.js has by itself.
export { Buffer } from 'buffer/';
