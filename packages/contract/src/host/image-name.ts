import { z } from "zod";

/** What an image is called, e.g. "browser"; ids of images and snapshots begin with it. */
export const ImageName = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}$/);
