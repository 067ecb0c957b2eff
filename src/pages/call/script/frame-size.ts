import { isFrameTooSmall } from '../../../domain/frame-size.ts';

/** Says in a frame that is too small how small it is, in place of what cannot be read there. */
export function watchFrameSize(notice: Element | null): void {
  const show = () => {
    const width = window.innerWidth;
    const height = window.innerHeight;
    const isTooSmall = isFrameTooSmall(width, height);
    document.body.setAttribute('data-size', isTooSmall ? 'too-small' : 'usable');
    if (notice === null) return;
    notice.textContent = !isTooSmall
      ? ''
      : height < width
        ? `This frame is only ${height} px high: give the elements around it a height`
        : `This frame is only ${width} px wide: give the elements around it a width`;
  };
  window.addEventListener('resize', show);
  show();
}
