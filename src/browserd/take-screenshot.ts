import type { Page, ScreenshotClip } from "puppeteer-core";
import type { BrowserSession } from "./browser-session.ts";
import type { Deadline } from "./deadline.ts";
import { type ElementAddress, locateElement } from "./locate-element.ts";
import { ToolError } from "./tool-error.ts";

export interface ScreenshotInput extends ElementAddress {
  readonly fullPage: boolean;
  readonly format: "png" | "jpeg";
  /** 1 to 100, JPEG only */
  readonly quality: number;
  /** bytes of the image */
  readonly maxBytes: number;
}

export interface Screenshot {
  readonly base64: string;
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
  /** 1 unless the image was made smaller to keep the limit. */
  readonly scale: number;
}

/** Chromium draws no larger image in one piece. */
const largestSide = 16_384;
const smallestScale = 0.05;

/**
 * Takes a picture of the viewport, the whole page or one element, scaled down until it keeps the limit.
 * Rejects with `ToolError` `screenshot_too_large` when even the smallest scale does not.
 */
export async function takeScreenshot(
  session: BrowserSession,
  input: ScreenshotInput,
  deadline: Deadline,
): Promise<Screenshot> {
  const { page } = await session.activePage();
  const area = await areaOf(session, page, input, deadline);
  let scale = Math.min(1, largestSide / Math.max(area.width, area.height));
  for (;;) {
    const image = await deadline.enforce(
      page.screenshot({
        type: input.format,
        ...(input.format === "jpeg" ? { quality: input.quality } : {}),
        clip: { ...area, scale },
        captureBeyondViewport: true,
      }),
      "The picture was not taken",
    );
    if (image.length <= input.maxBytes) {
      return {
        base64: Buffer.from(image).toString("base64"),
        bytes: image.length,
        width: Math.round(area.width * scale),
        height: Math.round(area.height * scale),
        scale: Math.round(scale * 1_000) / 1_000,
      };
    }
    scale *= Math.min(0.9, Math.sqrt(input.maxBytes / image.length) * 0.95);
    if (scale < smallestScale) {
      throw new ToolError(
        "screenshot_too_large",
        `The picture has ${image.length} bytes even when it is made small; at most ${input.maxBytes} are allowed.`,
      );
    }
  }
}

async function areaOf(
  session: BrowserSession,
  page: Page,
  input: ScreenshotInput,
  deadline: Deadline,
): Promise<ScreenshotClip> {
  if (input.ref !== undefined || input.selector !== undefined) {
    const { handle, label } = await locateElement(session, page, input, deadline);
    await deadline.enforce(handle.scrollIntoView(), "The element could not be shown");
    const box = await deadline.enforce(handle.boundingBox(), "The page did not answer");
    if (box === null || box.width < 1 || box.height < 1) {
      throw new ToolError("not_clickable", `There is nothing to see of ${label}.`);
    }
    const scroll = await offsets(page, deadline);
    return { x: box.x + scroll.x, y: box.y + scroll.y, width: box.width, height: box.height };
  }
  const view = await offsets(page, deadline);
  return input.fullPage
    ? { x: 0, y: 0, width: view.pageWidth, height: view.pageHeight }
    : { x: view.x, y: view.y, width: view.width, height: view.height };
}

interface Offsets {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly pageWidth: number;
  readonly pageHeight: number;
}

/** Scroll position and sizes in CSS pixels. */
async function offsets(page: Page, deadline: Deadline): Promise<Offsets> {
  const measured: unknown = await deadline.enforce(
    page.evaluate(`({
      x: window.scrollX, y: window.scrollY, width: window.innerWidth, height: window.innerHeight,
      pageWidth: Math.max(document.documentElement.scrollWidth, window.innerWidth),
      pageHeight: Math.max(document.documentElement.scrollHeight, window.innerHeight),
    })`),
    "The page did not answer",
  );
  return measured as Offsets;
}
