internal import CAV

/// One decoded picture. Owns the `AVFrame`; belongs to one thread.
@safe package struct Frame: ~Copyable {
    let raw: UnsafeMutablePointer<AVFrame>

    package init() {
        guard let raw = unsafe av_frame_alloc() else {
            preconditionFailure("no memory for a frame")
        }
        unsafe self.raw = raw
    }

    deinit {
        var raw: UnsafeMutablePointer<AVFrame>? = unsafe self.raw
        unsafe av_frame_free(&raw)
    }

    package var width: Int { unsafe Int(raw.pointee.width) }
    package var height: Int { unsafe Int(raw.pointee.height) }

    /// As it was given to the decoder with the packet.
    package var presentation: Int64? {
        let value = unsafe raw.pointee.pts
        return value == proofreel_av_nopts ? nil : value
    }

    /// Parts were missing and made up.
    package var isDamaged: Bool {
        unsafe raw.pointee.decode_error_flags != 0
            || raw.pointee.flags & AV_FRAME_FLAG_CORRUPT != 0
    }

    /// How brightness and colours lie in memory.
    package struct Layout: Hashable, Sendable {
        /// One plane of brightness, or two more of colour.
        package let planeCount: Int
        /// How many pixels share a colour, as powers of two.
        package let acrossLog2: Int
        package let downLog2: Int
        /// Bits; above 8, two bytes for each value.
        package let depth: Int
    }

    /// Nil for what cameras do not send: RGB, packed, palettes.
    package var layout: Layout? {
        let format = unsafe AVPixelFormat(raw.pointee.format)
        guard let description = unsafe av_pix_fmt_desc_get(format) else { return nil }
        let flags = unsafe Int32(truncatingIfNeeded: description.pointee.flags)
        let count = unsafe Int(description.pointee.nb_components)
        let isPlanar = count == 1 || flags & AV_PIX_FMT_FLAG_PLANAR != 0
        let odd =
            AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BE
            | AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_BITSTREAM
        guard isPlanar, flags & odd == 0, count == 1 || count == 3,
            count == 1 || (unsafe description.pointee.comp.2.plane) == 2
        else { return nil }
        return unsafe Layout(
            planeCount: count, acrossLog2: Int(description.pointee.log2_chroma_w),
            downLog2: Int(description.pointee.log2_chroma_h),
            depth: Int(description.pointee.comp.0.depth))
    }

    package var isFullRange: Bool {
        let format = unsafe AVPixelFormat(raw.pointee.format)
        let alwaysFull = [
            AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_YUVJ440P,
        ]
        return unsafe raw.pointee.color_range == AVCOL_RANGE_JPEG || alwaysFull.contains(format)
    }

    /// Whether colours are those of BT.709. When the stream does not say, large pictures are, which
    /// is what players assume.
    package var isBT709: Bool {
        switch unsafe raw.pointee.colorspace {
        case AVCOL_SPC_BT709: true
        case AVCOL_SPC_UNSPECIFIED: height >= 720
        default: false
        }
    }

    package func stride(_ plane: Int) -> Int {
        precondition(0..<3 ~= plane, "a picture has three planes at most")
        return unsafe withUnsafeBytes(of: raw.pointee.linesize) {
            unsafe Int($0.loadUnaligned(fromByteOffset: plane * 4, as: Int32.self))
        }
    }

    /// A plane's bytes with what pads its lines, lent for as long as the frame is kept.
    @_lifetime(borrow self)
    package func plane(_ index: Int) -> Span<UInt8> {
        guard let layout, index < layout.planeCount else { return Span() }
        let start = unsafe withUnsafeBytes(of: raw.pointee.data) {
            unsafe $0.loadUnaligned(
                fromByteOffset: index * MemoryLayout<UnsafeMutablePointer<UInt8>?>.size,
                as: UnsafeMutablePointer<UInt8>?.self)
        }
        guard let start = unsafe start, stride(index) > 0 else { return Span() }
        let isColour = index > 0
        let (across, down) = isColour ? (layout.acrossLog2, layout.downLog2) : (0, 0)
        let wide = (width + (1 << across) - 1) >> across
        let high = (height + (1 << down) - 1) >> down
        // The last line may have no padding.
        let count = stride(index) * (high - 1) + wide * (layout.depth > 8 ? 2 : 1)
        let span = unsafe Span(_unsafeStart: start, count: count)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// A plane with 8 bits for each value and no padding, whatever its depth.
    package func copyOfPlane(_ index: Int) -> [UInt8] {
        guard let layout, index < layout.planeCount else { return [] }
        let isColour = index > 0
        let wide = isColour ? (width + (1 << layout.acrossLog2) - 1) >> layout.acrossLog2 : width
        let source = plane(index)
        let stride = stride(index)
        var out: [UInt8] = []
        out.reserveCapacity(source.count)
        var start = 0
        while start < source.count {
            if layout.depth > 8 {
                for x in 0..<wide {
                    let low = UInt16(source[start + x * 2])
                    let value = low | UInt16(source[start + x * 2 + 1]) << 8
                    out.append(UInt8(truncatingIfNeeded: value >> UInt16(layout.depth - 8)))
                }
            } else {
                for x in 0..<wide { out.append(source[start + x]) }
            }
            start += stride
        }
        return out
    }
}
