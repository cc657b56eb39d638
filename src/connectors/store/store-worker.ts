import { parentPort, workerData } from "node:worker_threads";
import { buildImage, type ImageSource } from "./build-image.ts";

// The entry of the worker thread: one image, then it ends. An error ends it too and reaches the starter.
const image = await buildImage(workerData as ImageSource);
parentPort?.postMessage(image, [image.buffer]);
