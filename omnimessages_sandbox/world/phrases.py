"""The Vietnamese texts of the generated world, and its notification templates."""

from __future__ import annotations

from dataclasses import dataclass

PRODUCTS = (
    "ghế xoay Mây Tím",
    "bàn gấp Sao Hôm",
    "đèn ngủ Trăng Giấy",
    "bình giữ nhiệt Suối Ảo",
    "khóa học vẽ Bút Chì Bay",
    "gói phần mềm Kho Mộng",
    "máy pha trà Lá Số Không",
    "balo Chim Giấy",
)

OPENINGS = (
    "Shop ơi, {product} còn hàng không ạ?",
    "Cho mình hỏi giá {product} với",
    "Chào shop, mình muốn đặt {product} giao ở thành phố Ví Dụ",
    "Đơn {order} của mình tới đâu rồi ạ?",
    "Mình mua {product} tuần trước mà giờ bị kêu cọt kẹt, phải làm sao?",
    "Xin chào, bên mình có bảo hành {product} không?",
    "Ad cho em xin bảng giá sỉ nha",
    "Cửa hàng ở Phố Tưởng Tượng mấy giờ đóng cửa vậy?",
    "Mình cần xuất hóa đơn cho đơn {order}",
    "Em muốn đổi màu {product} sang xanh lá được không ạ 🙏",
)

QUESTIONS = (
    "Dạ vâng",
    "Số mình là {phone} nhé",
    "Vậy khi nào giao được ạ?",
    "Có giảm giá không shop?",
    "Mình lấy 2 cái",
    "Ok shop, cảm ơn nhiều",
    "Cho mình xem hình thật với",
    "Mình chuyển khoản rồi, shop kiểm tra giúp",
    "Tên người nhận: {name}",
    "Sao lâu quá vậy shop?",
    "Mình đổi ý, hủy đơn {order} giúp mình",
    "“Hàng đẹp” như lời đồn 😄",
)

REPLIES = (
    "Dạ em chào anh/chị {name}, em kiểm tra rồi báo lại mình ngay ạ",
    "Dạ {product} bên em còn hàng ạ",
    "Dạ anh/chị cho em xin số điện thoại để tiện liên hệ ạ",
    "Đơn {order} đã rời kho, dự kiến giao trong 2 ngày tới ạ",
    "Em gửi mình hình sản phẩm ạ",
    "Dạ giá hôm nay là 123.000đ, đã gồm phí gói quà ạ",
    "Dạ bên em bảo hành 12 tháng, lỗi là đổi mới ạ",
    "Em đã ghi nhận và chuyển bộ phận kỹ thuật, mình chờ giúp em nhé",
    "Cảm ơn anh/chị đã ủng hộ shop ạ ❤️",
    "Dạ em xin lỗi vì sự bất tiện này ạ",
)

BOT_REPLIES = (
    "Cảm ơn bạn đã nhắn tin. Nhân viên sẽ trả lời trong ít phút.",
    "Hiện đã ngoài giờ làm việc, shop sẽ phản hồi lúc 8 giờ sáng mai ạ.",
)

SEND_ERRORS = (
    "User has not interacted with the OA in the past 7 days",
    "Out of quota message",
)

NOTES = ("Giao nhanh, gói kỹ", "Nhân viên dễ thương", "Hơi chậm một chút", "Sẽ quay lại", "")
FEEDBACKS = (
    ["Thái độ nhân viên tốt"],
    ["Giao hàng đúng hẹn", "Đóng gói cẩn thận"],
    ["Thời gian chờ lâu"],
    ["Sản phẩm đúng mô tả"],
)


@dataclass(slots=True, frozen=True)
class Template:
    """A ZNS template.

    Attributes:
        id: Its number.
        fields: The names of its parameters.
        timeout_ms: A notification that arrives later, in milliseconds, is not charged.
        fee: The price of a charged notification, in VND.
        journey_days: The length of the template's journeys in days; 0 if it starts none.
        token_fee: The price of opening a journey, in VND.
    """

    id: int
    fields: tuple[str, ...]
    timeout_ms: int
    fee: int
    journey_days: int = 0
    token_fee: int = 0


TEMPLATES = (
    Template(200101, ("otp",), 15_000, 300),
    Template(200102, ("customer_name", "order_code", "amount"), 7_200_000, 200),
    Template(200103, ("customer_name", "order_code"), 7_200_000, 200),
    Template(200104, ("customer_name", "order_code", "rating_link"), 7_200_000, 250),
    Template(200105, ("customer_name", "order_code", "status"), 14_400_000, 150, 7, 500),
    Template(200106, ("customer_name", "order_code", "status"), 14_400_000, 150, 30, 900),
)
TEMPLATE_WEIGHTS = (22, 30, 20, 18, 7, 3)

ZNS_ERRORS = {
    -118: "Zalo account not existed",
    -108: "Phone number is invalid",
    -114: "User is inactive, or reject the message, or using an outdated Zalo version",
    -139: "User reject this notification",
    -147: "The template has exceeded the daily quota",
}
ZNS_ERROR_WEIGHTS = (60, 12, 16, 8, 4)
